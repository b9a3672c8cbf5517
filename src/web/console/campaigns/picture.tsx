/** The picture of an offer; a drawn box where there is none, or none comes from its address. */
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";

export function Picture({ address, title }: { address: string; title: string }) {
  const isMissing = useSignal(false);
  useEffect(() => {
    isMissing.value = false;
  }, [address]);
  const isAddress = /^(https?:\/\/.|\/(?![/\\]).)/.test(address);
  if (isAddress && !isMissing.value) {
    return (
      <img
        class="picture"
        src={address}
        alt={title}
        loading="lazy"
        onError={() => {
          isMissing.value = true;
        }}
      />
    );
  }
  return (
    <svg class="picture blank-picture" viewBox="0 0 80 80" aria-hidden="true" focusable="false">
      <path d="M20 30 40 20l20 10v22L40 62 20 52zM20 30l20 10 20-10M40 40v22" fill="none" stroke="currentColor" />
    </svg>
  );
}

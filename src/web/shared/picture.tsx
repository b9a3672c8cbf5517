/** The picture of something that is sold; where there is none, or it does not load, the first sign of its title. */
import { useSignal } from "@preact/signals";
import type { JSX } from "preact";

interface PictureProps {
  /** `null` where there is none. */
  readonly address: string | null;
  readonly title: string;
  /** At the top of a page: fetched at once. */
  readonly isFirst?: boolean;
}

export function Picture({ address, title, isFirst = false }: PictureProps): JSX.Element {
  const failed = useSignal<string | null>(null);
  if (address === null || failed.value === address) {
    return (
      <div class="picture none" aria-hidden="true">
        <span>{[...title.trim()][0]}</span>
      </div>
    );
  }
  return (
    <div class="picture">
      <img
        src={address}
        alt=""
        loading={isFirst ? "eager" : "lazy"}
        decoding="async"
        referrerpolicy="no-referrer"
        onError={() => {
          failed.value = address;
        }}
      />
    </div>
  );
}

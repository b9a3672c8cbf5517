/** Takes the orders of a search away as a file: how far it is, a way to stop it, and how it ended. */
import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { serverNow } from "../../shared/clock.ts";
import { Button, Notice } from "../../shared/elements.tsx";
import { count, several } from "../../shared/format.ts";
import { wordsOf } from "../../shared/language.ts";
import { addressWith, type Query } from "../parts/address.ts";
import { wordsOfRefusal } from "../parts/refusal-words.ts";
import { operatorKey } from "../session.ts";
import { type ExportEnd, type ExportFormat, exportOrders, type Progress } from "./export.ts";

const words = wordsOf({
  title: ["Take them away", "导出"],
  what: [
    "All orders of this search as a file, oldest first, with payment references. The audit log notes the export.",
    "将当前查询的全部订单导出为文件（从旧到新，含支付流水号）。导出会记入审计日志。",
  ],
  csv: ["Export as CSV", "导出 CSV"],
  jsonl: ["Export as JSON lines", "导出 JSON Lines"],
  stop: ["Stop", "停止"],
  starting: ["Asking for the file …", "正在准备文件……"],
  running: [
    (rows: number, size: string) => `${several(rows, "order")} so far, ${size} …`,
    (rows: number, size: string) => `已导出 ${count(rows)} 单，${size}……`,
  ],
  saved: [
    (rows: number, name: string) => `Done: ${several(rows, "order")} in ${name}.`,
    (rows: number, name: string) => `导出完成：${name}，共 ${count(rows)} 单。`,
  ],
  stopped: ["Stopped. No file was kept.", "已停止，没有保存文件。"],
  broken: [
    "The connection broke off before the end. No file was kept, since it would not be whole. Try again.",
    "连接中途断开，文件不完整，因此没有保存。请重试。",
  ],
});

export function ExportPanel({ filter }: { filter: Query }): JSX.Element {
  const running = useSignal<AbortController | null>(null);
  const progress = useSignal<Progress | null>(null);
  const end = useSignal<ExportEnd | null>(null);
  const stopButton = useRef<HTMLDivElement>(null);
  useEffect(() => () => running.value?.abort(), []);
  const start = async (format: ExportFormat) => {
    const here = new AbortController();
    running.value = here;
    progress.value = null;
    end.value = null;
    requestAnimationFrame(() => stopButton.current?.querySelector("button")?.focus());
    end.value = await exportOrders({
      address: addressWith("/v1/orders/export", { format, ...filter }),
      format,
      name: `orders-${new Date(serverNow()).toISOString().replaceAll(/[-:]|\.\d+/g, "")}`,
      key: operatorKey(),
      signal: here.signal,
      onProgress: (now) => {
        progress.value = now;
      },
    });
    running.value = null;
  };
  return (
    <section class="card stack">
      <h2>{words.title}</h2>
      <p class="muted small">{words.what}</p>
      {running.value === null ? (
        <div class="row">
          <Button onPress={() => void start("csv")}>{words.csv}</Button>
          <Button onPress={() => void start("jsonl")}>{words.jsonl}</Button>
        </div>
      ) : (
        <div class="row" ref={stopButton}>
          <span class="muted">
            {progress.value === null
              ? words.starting
              : words.running(progress.value.rows, sizeWords(progress.value.bytes))}
          </span>
          <Button size="small" onPress={() => running.value?.abort()}>
            {words.stop}
          </Button>
        </div>
      )}
      {end.value !== null && (
        <Notice tone={end.value.kind === "saved" ? "good" : end.value.kind === "stopped" ? "plain" : "bad"} isLive>
          {endWords(end.value)}
        </Notice>
      )}
    </section>
  );
}

function endWords(end: ExportEnd): string {
  switch (end.kind) {
    case "saved":
      return words.saved(end.rows, end.name);
    case "stopped":
      return words.stopped;
    case "broken":
      return words.broken;
    case "refused":
      return wordsOfRefusal(end.refusal);
  }
}

function sizeWords(bytes: number): string {
  return bytes < 1_000_000 ? `${count(Math.ceil(bytes / 1_000))} KB` : `${count(Math.round(bytes / 1_000_000))} MB`;
}

/** An HTTP thread: as many as there are cores to spare. */
import { runHttpThread } from "./http-thread.ts";
import type { FromWorker, HttpBoot, ToWorker } from "./threads.ts";

declare const self: Worker;

const tell = (message: FromWorker) => self.postMessage(message);
const thread = runHttpThread(tell);
self.onmessage = ({ data }: MessageEvent<ToWorker<HttpBoot>>) => thread.receive(data);

/** The engine thread: the one that decides and the one that writes. */

import { runEngineThread } from "./engine-thread.ts";
import type { EngineBoot, FromWorker, ToWorker } from "./threads.ts";

declare const self: Worker;

const tell = (message: FromWorker) => self.postMessage(message);
const thread = runEngineThread(tell);
self.onmessage = ({ data }: MessageEvent<ToWorker<EngineBoot>>) => thread.receive(data);

/** The thread that reads hashes and pages while a sale is verified. */
import { runVerifyTask, type VerifyTask } from "./verification.ts";

declare const self: Worker;

self.onmessage = ({ data }: MessageEvent<VerifyTask>) => runVerifyTask(data, (report) => self.postMessage(report));

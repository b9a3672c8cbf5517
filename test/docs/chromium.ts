/**
 * A browser that reaches 127.0.0.1 and nothing else, driven by the DevTools protocol. It notes every request that a
 * page makes and every complaint about it: errors, and breaches of the content security policy.
 */
import { rmSync } from "node:fs";
import { newFolder } from "../harness.ts";

export interface Page {
  /** Addresses of all requests. */
  readonly requests: readonly string[];
  readonly complaints: readonly string[];
  /** The value of an expression in the page. */
  evaluate<T>(expression: string): Promise<T>;
  /** Waits until an expression holds in the page. */
  until(expression: string): Promise<void>;
  click(selector: string): Promise<void>;
  /** Types into a field, in place of what stands there. */
  type(selector: string, text: string): Promise<void>;
  screenshot(path: string): Promise<void>;
}

export interface Browser extends AsyncDisposable {
  open(url: string, view?: { width: number; height: number; isMobile?: boolean; isDark?: boolean }): Promise<Page>;
}

/** The browser's path; from Debian's packages when it is missing and may be installed; else `null`. */
export async function findChromium(): Promise<string | null> {
  const found = () => Bun.which("chromium") ?? Bun.which("chromium-browser") ?? Bun.which("google-chrome");
  if (found() === null && process.getuid?.() === 0 && Bun.which("apt-get") !== null) {
    for (const args of [["update"], ["install", "-y", "--no-install-recommends", "chromium"]]) {
      const install = Bun.spawn(["apt-get", "-qq", ...args], {
        env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" },
        stdin: "ignore",
        stdout: "ignore",
        stderr: "ignore",
      });
      if ((await install.exited) !== 0) break;
    }
  }
  return found();
}

const untilMsMax = 20_000;

export async function startChromium(program: string): Promise<Browser> {
  const profile = newFolder("rushbox-chromium-");
  const child = Bun.spawn(
    [
      program,
      "--headless",
      "--no-sandbox", // tests may run as root
      "--disable-gpu",
      "--disable-quic",
      "--disable-dev-shm-usage",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
      "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
      `--user-data-dir=${profile}`,
      "--remote-debugging-port=0",
      "about:blank",
    ],
    { stdin: "ignore", stdout: "ignore", stderr: "pipe" },
  );
  const socket = new WebSocket(await debuggerUrlOf(child.stderr));
  await new Promise((resolve, reject) => {
    socket.onopen = resolve;
    socket.onerror = reject;
  });
  const connection = new Connection(socket);
  return {
    async open(url, view = { width: 1280, height: 900 }) {
      const { targetId } = await connection.send<{ targetId: string }>("Target.createTarget", { url: "about:blank" });
      const { sessionId } = await connection.send<{ sessionId: string }>("Target.attachToTarget", {
        targetId,
        flatten: true,
      });
      const page = new DevToolsPage(connection, sessionId);
      await page.open(url, view);
      return page;
    },
    async [Symbol.asyncDispose]() {
      await Promise.race([connection.send("Browser.close"), child.exited]);
      await child.exited;
      socket.close();
      rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

/** The address that it prints at its start. What it prints later is read and dropped, so that it never waits for us. */
async function debuggerUrlOf(stderr: ReadableStream<Uint8Array>): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const reading = (async () => {
    let text = "";
    const decoder = new TextDecoder();
    for await (const chunk of stderr) {
      text += decoder.decode(chunk, { stream: true });
      const url = /DevTools listening on (ws:\S+)/.exec(text)?.[1];
      if (url !== undefined) resolve(url);
    }
    reject(new Error(`the browser did not start:\n${text}`));
  })();
  reading.catch(reject);
  return promise;
}

type Params = Readonly<Record<string, unknown>>;

interface Message {
  readonly id?: number;
  readonly method?: string;
  readonly sessionId?: string;
  readonly params?: Params;
  readonly result?: unknown;
  readonly error?: { readonly message: string };
}

class Connection {
  readonly #socket: WebSocket;
  readonly #waiting = new Map<number, (message: Message) => void>();
  readonly #listeners = new Map<string, (method: string, params: Params) => void>();
  #lastId = 0;

  constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.onmessage = ({ data }) => {
      const message = JSON.parse(String(data)) as Message;
      if (message.id !== undefined) this.#waiting.get(message.id)?.(message);
      else this.#listeners.get(message.sessionId ?? "")?.(message.method ?? "", message.params ?? {});
    };
  }

  listen(sessionId: string, listener: (method: string, params: Params) => void): void {
    this.#listeners.set(sessionId, listener);
  }

  async send<T>(method: string, params: Params = {}, sessionId?: string): Promise<T> {
    const id = ++this.#lastId;
    const { promise, resolve } = Promise.withResolvers<Message>();
    this.#waiting.set(id, resolve);
    this.#socket.send(JSON.stringify({ id, method, params, ...(sessionId === undefined ? {} : { sessionId }) }));
    const { error, result } = await promise;
    this.#waiting.delete(id);
    if (error !== undefined) throw new Error(`${method}: ${error.message}`);
    return result as T;
  }
}

class DevToolsPage implements Page {
  readonly requests: string[] = [];
  readonly complaints: string[] = [];
  readonly #connection: Connection;
  readonly #sessionId: string;

  constructor(connection: Connection, sessionId: string) {
    this.#connection = connection;
    this.#sessionId = sessionId;
    connection.listen(sessionId, (method, params) => this.#note(method, params));
  }

  async open(url: string, view: NonNullable<Parameters<Browser["open"]>[1]>): Promise<void> {
    for (const domain of ["Page", "Network", "Log", "Runtime"]) await this.#send(`${domain}.enable`);
    await this.#send("Emulation.setDeviceMetricsOverride", {
      width: view.width,
      height: view.height,
      deviceScaleFactor: view.isMobile === true ? 2 : 1,
      mobile: view.isMobile === true,
    });
    await this.#send("Emulation.setEmulatedMedia", {
      features: [{ name: "prefers-color-scheme", value: view.isDark === true ? "dark" : "light" }],
    });
    await this.#send("Page.addScriptToEvaluateOnNewDocument", {
      source:
        'addEventListener("securitypolicyviolation", (event) => console.error("policy:", event.violatedDirective, event.blockedURI));',
    });
    const { errorText } = await this.#send<{ errorText?: string }>("Page.navigate", { url });
    if (errorText !== undefined) throw new Error(`${url}: ${errorText}`);
    await this.until('document.readyState === "complete"');
  }

  async evaluate<T>(expression: string): Promise<T> {
    const { result, exceptionDetails } = await this.#send<{
      result: { value: T };
      exceptionDetails?: { exception?: { description?: string } };
    }>("Runtime.evaluate", { expression, awaitPromise: true, returnByValue: true });
    if (exceptionDetails !== undefined) throw new Error(`${expression}: ${exceptionDetails.exception?.description}`);
    return result.value;
  }

  async until(expression: string): Promise<void> {
    const holds = await this.evaluate<boolean>(`new Promise((resolve) => {
      const untilMs = performance.now() + ${untilMsMax};
      const look = () => {
        if (${expression}) resolve(true);
        else if (performance.now() > untilMs) resolve(false);
        else setTimeout(look, 20);
      };
      look();
    })`);
    if (holds) return;
    const text = await this.evaluate<string>("document.body.innerText");
    throw new Error(`never came true: ${expression}\n${this.complaints.join("\n")}\n${text.slice(0, 4_000)}`);
  }

  async click(selector: string): Promise<void> {
    await this.until(`document.querySelector(${JSON.stringify(selector)}) !== null`);
    await this.evaluate(`document.querySelector(${JSON.stringify(selector)}).click()`);
  }

  async type(selector: string, text: string): Promise<void> {
    await this.until(`document.querySelector(${JSON.stringify(selector)}) !== null`);
    await this.evaluate(
      `(() => { const field = document.querySelector(${JSON.stringify(selector)}); field.focus(); field.select(); })()`,
    );
    await this.#send("Input.insertText", { text });
  }

  async screenshot(path: string): Promise<void> {
    const { data } = await this.#send<{ data: string }>("Page.captureScreenshot", { format: "png" });
    await Bun.write(path, Buffer.from(data, "base64"));
  }

  #note(method: string, params: Params): void {
    if (method === "Network.requestWillBeSent") this.requests.push((params["request"] as { url: string }).url);
    if (method === "Runtime.exceptionThrown") this.complaints.push(JSON.stringify(params["exceptionDetails"]));
    if (method === "Runtime.consoleAPICalled" && params["type"] === "error") {
      this.complaints.push(
        (params["args"] as { value?: unknown; description?: string }[])
          .map((arg) => arg.value ?? arg.description)
          .join(" "),
      );
    }
    if (method === "Log.entryAdded") {
      const { level, text } = params["entry"] as { level: string; text: string };
      if (level === "error") this.complaints.push(text);
    }
  }

  #send<T>(method: string, params: Params = {}): Promise<T> {
    return this.#connection.send<T>(method, params, this.#sessionId);
  }
}

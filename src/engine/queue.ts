/**
 * The waiting room of one campaign: who waits in which order, and which passes are out. Changed by events alone, like
 * all state. Who has a pass does not stand in line.
 * Keeps: a buyer has one entry at most that is not over.
 */
import type { Actor } from "../domain/agents.ts";
import type { AgentUnits, QueueFigures } from "../domain/queue.ts";
import { WaitingLine } from "./waiting-line.ts";

export interface Pass {
  readonly entryId: number;
  readonly buyerId: string;
  /** Who joined. */
  readonly actor: Actor | null;
  expiresAtMs: number;
}

/** Admissions from which the pace is told. */
const paceOf = 64;
const paceMin = 4;

export class Queue {
  line = new WaitingLine();
  readonly #passes = new Map<number, Pass>();
  readonly #passOfBuyer = new Map<string, Pass>();
  /** Of agents. */
  #agentPasses = 0;
  /** Whether those who stand in line have their places. */
  isOrdered = false;
  completed = 0;
  unitsTaken = 0;
  unused = 0;
  returned = 0;
  /** Orders before it were made without a pass. */
  readonly firstEntryId: number;
  /** When the last admissions after a place in line had become worth something happened, oldest first. */
  readonly #admittedAtMs: number[] = [];

  constructor(firstEntryId: number) {
    this.firstEntryId = firstEntryId;
  }

  get passes(): number {
    return this.#passes.size;
  }

  get agentPasses(): number {
    return this.#agentPasses;
  }

  passOf(buyerId: string): Pass | null {
    return this.#passOfBuyer.get(buyerId) ?? null;
  }

  passById(entryId: number): Pass | null {
    return this.#passes.get(entryId) ?? null;
  }

  /** All passes that are out, in the order in which they were given. */
  allPasses(): Iterable<Pass> {
    return this.#passes.values();
  }

  givePass(pass: Pass): void {
    this.#passes.set(pass.entryId, pass);
    this.#passOfBuyer.set(pass.buyerId, pass);
    if (pass.actor !== null) this.#agentPasses += 1;
  }

  takePass(entryId: number): void {
    const pass = this.#passes.get(entryId);
    if (pass === undefined) throw new Error(`no pass of entry ${entryId} is out`);
    this.#passes.delete(entryId);
    this.#passOfBuyer.delete(pass.buyerId);
    if (pass.actor !== null) this.#agentPasses -= 1;
  }

  /** All who are in it are out. */
  close(): void {
    this.unused += this.passes;
    this.line = new WaitingLine();
    this.#agentPasses = 0;
    this.#passes.clear();
    this.#passOfBuyer.clear();
  }

  /** Remembers an admission for the pace. What comes with the opening is a rush that says nothing of the pace after it. */
  notePace(atMs: number): void {
    this.#admittedAtMs.push(atMs);
    if (this.#admittedAtMs.length > paceOf) this.#admittedAtMs.shift();
  }

  /** `agents`: what they may have, or `null` where they have no share of their own. */
  figures(
    { agents, ...units }: { readonly free: number; readonly held: number; readonly agents: AgentUnits | null },
    nowMs: number,
  ): QueueFigures {
    const first = this.#admittedAtMs[0];
    const isTold = first !== undefined && this.#admittedAtMs.length >= paceMin;
    return {
      waiting: this.line.count,
      passes: this.passes,
      ...units,
      completed: this.completed,
      unitsTaken: this.unitsTaken,
      unused: this.unused,
      returned: Math.min(this.returned, this.unitsTaken),
      recentAdmissions: isTold ? this.#admittedAtMs.length : 0,
      recentMs: isTold ? nowMs - first : 0,
      agents: agents === null ? null : { ...agents, waiting: this.line.agentCount, passes: this.agentPasses },
    };
  }
}

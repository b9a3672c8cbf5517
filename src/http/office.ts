/** What this HTTP thread knows of operators and webhook endpoints: as the engine last told. */
import type { EndpointRecord } from "../domain/endpoint.ts";
import type { OperatorRecord } from "../domain/operator.ts";

export class Office {
  operators: readonly OperatorRecord[] = [];
  endpoints: readonly EndpointRecord[] = [];

  receive(told: {
    readonly operators: readonly OperatorRecord[];
    readonly endpoints: readonly EndpointRecord[];
  }): void {
    this.operators = told.operators;
    this.endpoints = told.endpoints;
  }

  operator(operatorId: number): OperatorRecord | undefined {
    return this.operators.find((operator) => operator.operatorId === operatorId);
  }

  endpoint(id: number): EndpointRecord | undefined {
    return this.endpoints.find((endpoint) => endpoint.id === id);
  }
}

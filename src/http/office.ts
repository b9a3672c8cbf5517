/** What this HTTP thread knows of operators, webhook endpoints and controls: as the engine last told. */
import { type Controls, controlsDefault } from "../domain/controls.ts";
import type { EndpointRecord } from "../domain/endpoint.ts";
import type { OperatorRecord } from "../domain/operator.ts";
import type { OfficeView } from "../engine/mailbox.ts";

export class Office {
  operators: readonly OperatorRecord[] = [];
  endpoints: readonly EndpointRecord[] = [];
  controls: Controls = controlsDefault;

  receive(told: OfficeView): void {
    this.operators = told.operators;
    this.endpoints = told.endpoints;
    this.controls = told.controls;
  }

  operator(operatorId: number): OperatorRecord | undefined {
    return this.operators.find((operator) => operator.operatorId === operatorId);
  }

  endpoint(id: number): EndpointRecord | undefined {
    return this.endpoints.find((endpoint) => endpoint.id === id);
  }
}

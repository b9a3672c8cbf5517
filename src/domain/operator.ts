/** Operators: who runs the sale. Each has a key of their own and a role; a higher role may do all that a lower may. */

/** viewer: sees everything. operator: runs sales, looks after orders. admin: keys, webhooks, erasure. */
export const operatorRoles = ["viewer", "operator", "admin"] as const;
export type OperatorRole = (typeof operatorRoles)[number];

/** An operator as it stands in storage; `operatorId` is the `seq` of its creation. The key itself is kept nowhere. */
export interface OperatorRecord {
  readonly operatorId: number;
  readonly name: string;
  readonly role: OperatorRole;
  /** SHA-256 of the key, in hexadecimal digits: a key has 256 random bits, so nothing slower is needed. */
  readonly keyHash: string;
  readonly createdAtMs: number;
  readonly revokedAtMs: number | null;
}

/** The operator whose key is the setting: an admin who cannot be revoked. */
export const rootOperatorName = "root";

/** Who erases by the retention setting: stands in the audit log, and is nobody's name. */
export const retentionName = "retention";

/**
 * What tells names apart: neither case nor white space at the ends. Nobody gets the name that another has or had, since
 * the audit log knows operators by it.
 */
export function nameIdentity(name: string): string {
  return name.trim().normalize("NFKC").toLowerCase();
}

export function mayActAs(role: OperatorRole, needed: OperatorRole): boolean {
  return operatorRoles.indexOf(role) >= operatorRoles.indexOf(needed);
}

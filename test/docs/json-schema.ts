/**
 * Holds a value against a schema of the document: the part of JSON Schema that the document uses, and no more. A
 * keyword that is not known here throws, so that nothing in the contract goes unchecked. Stricter than the contract in
 * one thing: a member that the schema does not name is told, since a reader of the document would not find it.
 */
export interface Schema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly enum?: readonly unknown[];
  readonly properties?: Readonly<Record<string, Schema>>;
  /** Members of any name, where no name is given: the values of a record. */
  readonly patternProperties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly [keyword: string]: unknown;
}

/** What is wrong, one line each; empty when the value conforms. `schemas` are the document's components. */
export function violationsOf(
  value: unknown,
  schema: Schema,
  schemas: Readonly<Record<string, Schema>>,
  at = "$",
): string[] {
  if (schema.$ref !== undefined) {
    const name = schema.$ref.replace("#/components/schemas/", "");
    const named = schemas[name];
    if (named === undefined) throw new Error(`the document has no schema ${schema.$ref}`);
    return violationsOf(value, named, schemas, at);
  }
  const types = typeof schema.type === "string" ? [schema.type] : (schema.type ?? []);
  if (types.length > 0 && !types.some((type) => isOfType(value, type)))
    return [`${at} is ${JSON.stringify(value)}, not ${types.join(" or ")}`];
  const found: string[] = [];
  for (const [keyword, wanted] of Object.entries(schema)) {
    if (!isKept(value, keyword, wanted)) found.push(`${at} is ${JSON.stringify(value)}: ${keyword} ${wanted}`);
  }
  if (Array.isArray(value) && schema.items !== undefined) {
    for (const [index, item] of value.entries())
      found.push(...violationsOf(item, schema.items, schemas, `${at}[${index}]`));
  }
  if (isOfType(value, "object")) found.push(...violationsOfObject(value as object, schema, schemas, at));
  return found;
}

function violationsOfObject(
  value: object,
  schema: Schema,
  schemas: Readonly<Record<string, Schema>>,
  at: string,
): string[] {
  const found = (schema.required ?? []).filter((name) => !(name in value)).map((name) => `${at}.${name} is missing`);
  for (const [name, member] of Object.entries(value)) {
    const property = schema.properties?.[name] ?? ofPattern(name, schema);
    found.push(
      ...(property === undefined
        ? [`${at}.${name} is not in the document`]
        : violationsOf(member, property, schemas, `${at}.${name}`)),
    );
  }
  return found;
}

function ofPattern(name: string, { patternProperties = {} }: Schema): Schema | undefined {
  return Object.entries(patternProperties).find(([pattern]) => new RegExp(pattern, "u").test(name))?.[1];
}

function isOfType(value: unknown, type: string): boolean {
  switch (type) {
    case "null":
      return value === null;
    case "array":
      return Array.isArray(value);
    case "object":
      return typeof value === "object" && value !== null && !Array.isArray(value);
    case "boolean":
      return typeof value === "boolean";
    case "integer":
      return Number.isSafeInteger(value);
    case "number":
      return typeof value === "number" && Number.isFinite(value);
    case "string":
      return typeof value === "string";
    default:
      throw new Error(`a type that is not known here: ${type}`);
  }
}

const times = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/;

function isKept(value: unknown, keyword: string, wanted: unknown): boolean {
  switch (keyword) {
    case "enum":
      return (wanted as unknown[]).includes(value);
    case "minimum":
      return typeof value !== "number" || value >= Number(wanted);
    case "maximum":
      return typeof value !== "number" || value <= Number(wanted);
    case "multipleOf":
      return typeof value !== "number" || value % Number(wanted) === 0;
    case "minLength":
      return typeof value !== "string" || value.length >= Number(wanted);
    case "maxLength":
      return typeof value !== "string" || value.length <= Number(wanted);
    case "minItems":
      return !Array.isArray(value) || value.length >= Number(wanted);
    case "maxItems":
      return !Array.isArray(value) || value.length <= Number(wanted);
    case "uniqueItems":
      return !Array.isArray(value) || new Set(value.map((item) => JSON.stringify(item))).size === value.length;
    case "pattern":
      return typeof value !== "string" || new RegExp(String(wanted), "u").test(value);
    case "format":
      if (typeof value !== "string") return true;
      if (wanted === "date-time") return times.test(value);
      if (wanted === "uri") return URL.canParse(value);
      if (wanted === "uri-reference") return URL.canParse(value, "http://shop.example/");
      throw new Error(`a format that is not known here: ${wanted}`);
    case "type":
    case "properties":
    case "patternProperties":
    case "required":
    case "items":
    case "additionalProperties":
    case "description":
    case "examples":
    case "default":
      return true;
    default:
      throw new Error(`a keyword that is not known here: ${keyword}`);
  }
}

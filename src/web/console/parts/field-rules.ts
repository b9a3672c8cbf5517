/** The rules that a field can break, and whole numbers read by them. Pure. */

/** A rule that a field breaks, and what it takes to say so. */
export type FieldRule =
  | { readonly rule: "required" | "no_number" | "not_whole" | "no_time" | "past" | "before_opening" }
  | {
      readonly rule: "twice" | "no_currency" | "no_picture" | "below_price" | "draw_closing" | "draw_share" | "no_line";
    }
  | { readonly rule: "too_long" | "too_small" | "too_large" | "decimals"; readonly bound: number }
  | { readonly rule: "kind_price"; readonly minor: number; readonly currency: string }
  | { readonly rule: "kind_stock" | "kind_limit"; readonly bound: number };

/** A whole number between bounds, or the rule that the text breaks. */
export function wholeOf(text: string, minimum: number, maximum: number): number | FieldRule {
  const plain = text.replaceAll(/[\s,，]/g, "");
  if (plain === "") return { rule: "required" };
  if (!/^-?\d+(\.\d+)?$/.test(plain)) return { rule: "no_number" };
  const value = Number(plain);
  if (!Number.isInteger(value)) return { rule: "not_whole" };
  if (value < minimum) return { rule: "too_small", bound: minimum };
  return value > maximum ? { rule: "too_large", bound: maximum } : value;
}

/** The sentences of the language in use, and numbers written as that language does. */
import { de } from "./de.ts";
import { en, type Strings } from "./en.ts";

export type { Strings } from "./en.ts";

export const LANGUAGES = { en, de } satisfies Record<string, Strings>;
export type Language = keyof typeof LANGUAGES;

const KEY = "fewshot.language";

function isLanguage(value: string | null | undefined): value is Language {
  return value !== null && value !== undefined && Object.hasOwn(LANGUAGES, value);
}

/** What the link says, else what was chosen before, else what the browser prefers. */
function choose(): Language {
  const linked = new URLSearchParams(location.hash.slice(1)).get("lang");
  if (isLanguage(linked)) return linked;
  const kept = remembered();
  if (isLanguage(kept)) return kept;
  const preferred = navigator.languages.map((tag) => tag.slice(0, 2)).find(isLanguage);
  return preferred ?? "en";
}

export const language: Language = choose();
export const t: Strings = LANGUAGES[language];

/** Storage may be forbidden, and the page works without. */
function remembered(): string | null {
  try {
    return localStorage.getItem(KEY);
  } catch {
    return null;
  }
}

export function keepLanguage(next: Language): void {
  try {
    localStorage.setItem(KEY, next);
  } catch {
    // Then the choice lasts as long as the page.
  }
}

const whole = new Intl.NumberFormat(language);
const share = new Intl.NumberFormat(language, { style: "percent", maximumFractionDigits: 0 });
const finer = new Intl.NumberFormat(language, { style: "percent", maximumFractionDigits: 1 });
const shift = new Intl.NumberFormat(language, {
  style: "percent",
  maximumFractionDigits: 0,
  signDisplay: "exceptZero",
});
const points = new Intl.NumberFormat(language, {
  maximumFractionDigits: 0,
  signDisplay: "always",
});
const decimal = new Intl.NumberFormat(language, { maximumFractionDigits: 2 });
const short = new Intl.NumberFormat(language, { maximumFractionDigits: 1 });
const megabytes = new Intl.NumberFormat(language, {
  minimumFractionDigits: 1,
  maximumFractionDigits: 1,
});

export const formatInteger = (n: number): string => whole.format(n);
export const formatPercent = (fraction: number): string => share.format(fraction);
/** How far something is moved, as a share of it. */
export const formatShift = (fraction: number): string => shift.format(fraction);
/** A change of a share, in points; nothing where it rounds to none. */
export const formatChange = (fraction: number): string =>
  Math.abs(fraction) < 0.005 ? "" : points.format(fraction * 100);
export const formatScore = (fraction: number): string => finer.format(fraction);
export const formatDecimal = (n: number): string => decimal.format(n);
export const formatBytes = (bytes: number): string => `${megabytes.format(bytes / 1e6)} MB`;
/** Milliseconds: two digits that mean something. */
export const formatDuration = (milliseconds: number): string =>
  milliseconds < 9.95 ? short.format(milliseconds) : whole.format(milliseconds);

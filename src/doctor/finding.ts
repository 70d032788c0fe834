/** What `eyrie doctor` says of one thing that it looked at. */

export const AREAS = ['configuration', 'temporal', 'aws', 'rights', 'quotas', 'api', 'clocks'] as const;

export type Area = (typeof AREAS)[number];

/** `unknown`: it could not be looked at. */
export type Verdict = 'ok' | 'warning' | 'problem' | 'unknown';

export interface Finding {
  readonly area: Area;
  /** What was looked at, in a few words. */
  readonly check: string;
  readonly verdict: Verdict;
  readonly detail: string;
  /** What to do; null where nothing is to be done. */
  readonly todo: string | null;
}

export type Say = (check: string, detail: string, todo?: string) => Finding;

/** Findings of one area, by verdict. */
export const sayingOf = (area: Area): { readonly [V in Verdict]: Say } => {
  const say =
    (verdict: Verdict): Say =>
    (check, detail, todo) => ({ area, check, verdict, detail, todo: todo ?? null });
  return { ok: say('ok'), warning: say('warning'), problem: say('problem'), unknown: say('unknown') };
};

export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

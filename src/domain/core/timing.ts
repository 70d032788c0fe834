/** The product's own windows and intervals, in milliseconds. `eyrie dev --scale` multiplies them. */
export interface Timing {
  /** How long after a call AWS may still answer "not found" for what the call made, or refuse a fresh role or key. */
  readonly propagationMs: number;
  /** The longest pause between two looks at something that takes its time. */
  readonly lookEveryMs: number;
  /** How long an undo keeps trying while AWS refuses it for good, before the resource is listed as left over. */
  readonly undoGiveUpMs: number;
  /** Multiplies the steps' expected times, past which an operator sees "stuck". */
  readonly expectedScale: number;
  /** How long an earlier access key works beside the new one. */
  readonly keyGraceMs: number;
}

const FLOOR_MS = 50;

/** However fast AWS is, Eyrie's own work takes its time: below this every step would count as stuck. */
const EXPECTED_SCALE_MIN = 0.25;

export const DEFAULT_TIMING: Timing = {
  propagationMs: 120_000,
  lookEveryMs: 5_000,
  undoGiveUpMs: 300_000,
  expectedScale: 1,
  keyGraceMs: 15 * 60_000,
};

/** Each window times `scale`, none under 50 ms. The grace of keys is a promise to users and keeps its length. */
export const scaleTiming = (timing: Timing, scale: number): Timing => ({
  propagationMs: Math.max(FLOOR_MS, timing.propagationMs * scale),
  lookEveryMs: Math.max(FLOOR_MS, timing.lookEveryMs * scale),
  undoGiveUpMs: Math.max(FLOOR_MS, timing.undoGiveUpMs * scale),
  expectedScale: timing.expectedScale * Math.max(Math.min(scale, 1), EXPECTED_SCALE_MIN),
  keyGraceMs: timing.keyGraceMs,
});

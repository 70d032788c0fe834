/** The state that an instance shows at a moment. */
import type { InstanceCourse } from './state.ts';

export interface State {
  readonly Code: number;
  readonly Name: string;
}

const STATES = {
  pending: 0,
  running: 16,
  'shutting-down': 32,
  terminated: 48,
  stopping: 64,
  stopped: 80,
} as const;

export const state = (Name: keyof typeof STATES): State => ({ Code: STATES[Name], Name });

/** moto knows no states in between: `known` is what it says of an instance that has nothing under way. */
export const stateOf = (course: InstanceCourse | undefined, now: number, known: State): State => {
  if (!course) return known;
  if (course.terminatedAt !== undefined) return state(now < course.terminatedAt ? 'shutting-down' : 'terminated');
  if (course.stoppedAt !== undefined) return state(now < course.stoppedAt ? 'stopping' : 'stopped');
  return state(now < course.runningAt ? 'pending' : 'running');
};

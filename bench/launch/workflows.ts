/** The bundle of the bench's worker: the product's workflows, and the launch that takes one step after another. */
export * from '#workflows/index.ts';
export { launchStepByStep } from './step-by-step.ts';

/** Whether an activity has changed anything at AWS in its current attempt. */
import { asyncLocalStorage, type Context } from '@temporalio/activity';

const writers = new WeakSet<Context>();

/** The control bucket is not counted: its objects are Eyrie's own notes, not resources. */
const UNCOUNTED = 's3';

export const noteWrite = (service: string): void => {
  const context = asyncLocalStorage.getStore();
  if (context && service !== UNCOUNTED) writers.add(context);
};

export const hasWritten = (context: Context): boolean => writers.has(context);

import { isNotFound } from '#aws/errors.ts';

/** A removal for which "not found" is success: somebody was faster, or an earlier answer was lost. */
export const gone = async (removal: Promise<unknown>): Promise<void> => {
  try {
    await removal;
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
};

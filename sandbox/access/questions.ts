/** What nobody outside AWS knows of IAM's authoriser. */
import { z } from 'zod';
import { openQuestion } from '../core/open-question.ts';

/**
 * How long IAM's authoriser does not see a tag after it has met it first, in milliseconds. Not scaled.
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot.html#troubleshoot_general_eventual-consistency
 */
export const TAGS_AFTER_MS = openQuestion('tagsAfterMs', z.number().min(0), 0);

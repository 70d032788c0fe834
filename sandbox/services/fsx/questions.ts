/** What nobody outside AWS knows of FSx, or cannot bring about. */
import { z } from 'zod';
import { openQuestion } from '../../core/open-question.ts';

/**
 * Whether a file system that is still being made can be deleted. The reference says nothing.
 * @see https://docs.aws.amazon.com/fsx/latest/APIReference/API_DeleteFileSystem.html
 */
export const DELETE_WHILE_CREATING = openQuestion('lustreDeleteWhileCreating', z.enum(['refused', 'taken']), 'refused');

/**
 * What the file systems made from now on fail with, instead of becoming available. Null: none fails.
 * @see https://docs.aws.amazon.com/fsx/latest/APIReference/API_FileSystemFailureDetails.html
 */
export const CREATION_FAILS = openQuestion('lustreFails', z.string().min(1).nullable(), null);

export const FSX_QUESTIONS = [DELETE_WHILE_CREATING, CREATION_FAILS];

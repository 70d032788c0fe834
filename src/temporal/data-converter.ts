/**
 * How payloads are written to Temporal. The default JSON: secrets never become payloads, so nothing has to be hidden.
 * Client, worker and replays take the converter from here, so that a codec can be added in one place.
 */
import type { DataConverter } from '@temporalio/common';

export const DATA_CONVERTER: DataConverter = {};

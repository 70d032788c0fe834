/**
 * The headers of an answer that a GET asks for by `response-…` parameters. They have to fit into ISO-8859-1; moto takes
 * any text, and then never answers, because it can't write it.
 * @see https://github.com/CartoDB/cartodb/issues/10701 with S3's own answer
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html
 */

import type { Call } from '../../core/call.ts';
import { AwsError } from '../../core/error.ts';
import { parseQuery } from '../../wire/request.ts';

const NOT_LATIN_1 = /[^\t\x20-\x7e\xa0-\xff]/;

/** @throws AwsError InvalidArgument */
export const checkResponseOverrides = ({ request }: Call): void => {
  for (const [name, value] of parseQuery(request.query)) {
    if (!name.startsWith('response-') || !NOT_LATIN_1.test(value)) continue;
    throw new AwsError('InvalidArgument', 'Header value cannot be represented using ISO-8859-1.', 400, {
      ArgumentName: name,
      ArgumentValue: value,
    });
  }
};

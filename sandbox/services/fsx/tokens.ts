/**
 * Client request tokens: the same token with the same parameters names what it made, with others it is refused.
 * @see https://docs.aws.amazon.com/fsx/latest/APIReference/API_CreateFileSystem.html
 */
import type { Call } from '../../core/call.ts';
import { textOf } from '../../core/params.ts';
import { fsxError, type Regional } from './state.ts';

const TOKEN = /^[A-Za-z0-9_.-]{1,63}$/;

const keyOf = ({ operation, params }: Call): string => {
  const token = textOf(params, 'ClientRequestToken');
  return token === '' ? '' : `${operation}/${token}`;
};

const fingerprintOf = ({ params }: Call): string => JSON.stringify({ ...params, ClientRequestToken: undefined });

/**
 * The id that an earlier call of this token was answered with; undefined for a new one.
 * @throws AwsError BadRequest, IncompatibleParameterError
 */
export const knownByToken = (at: Regional, call: Call): string | undefined => {
  const key = keyOf(call);
  if (key === '') return undefined;
  if (!TOKEN.test(textOf(call.params, 'ClientRequestToken'))) {
    throw fsxError('BadRequest', 'The client request token is not valid.');
  }
  const known = at.tokens.get(key);
  if (known && known.fingerprint !== fingerprintOf(call)) {
    const text = 'A request with this client request token was made with other parameters.';
    throw fsxError('IncompatibleParameterError', text, { Parameter: 'ClientRequestToken' });
  }
  return known?.id;
};

export const rememberToken = (at: Regional, call: Call, id: string): void => {
  const key = keyOf(call);
  if (key !== '') at.tokens.set(key, { fingerprint: fingerprintOf(call), id });
};

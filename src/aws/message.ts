/** What a service says, fit for histories, logs and callers. */

const LENGTH_MAX = 600;

const CLEANINGS: readonly (readonly [RegExp, string])[] = [
  // A refused signature comes with what should have been signed: headers, session token and all.
  [/\s*The Canonical String for this request should have been[\s\S]*/i, ''],
  [/\s*Encoded authorization failure message:[\s\S]*/i, ''],
  [/\b(Credential|Signature|X-Amz-Security-Token|SessionToken|SecretAccessKey)=[^\s,&]+/gi, '$1=[removed]'],
  [/\b(?:AKIA|ASIA)[A-Z0-9]{12,}\b/g, '[access key]'],
  [/\s+Deserialization error: to see the raw response[\s\S]*/i, ''],
  [/\s*\((?:Service|Status Code|Request ID)[^)]*\)/gi, ''],
  [/\s+/g, ' '],
];

/** One line without access key ids, signatures or tokens, at most 600 characters. */
export const cleanMessage = (message: string): string =>
  CLEANINGS.reduce((text, [pattern, replacement]) => text.replace(pattern, replacement), message)
    .trim()
    .slice(0, LENGTH_MAX);

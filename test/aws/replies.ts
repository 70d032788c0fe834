/** Answers on the wire, one builder per protocol. */

export interface Reply {
  readonly status: number;
  readonly headers: Record<string, string>;
  readonly body: string;
}

const XML = { 'content-type': 'text/xml' };
export const ec2 = (code: string, text: string, status = 400): Reply => ({
  status,
  headers: XML,
  body: `<?xml version="1.0"?><Response><Errors><Error><Code>${code}</Code><Message>${text}</Message></Error></Errors><RequestID>request-7</RequestID></Response>`,
});
export const query = (code: string, text: string, status = 400): Reply => ({
  status,
  headers: XML,
  body: `<ErrorResponse><Error><Type>Sender</Type><Code>${code}</Code><Message>${text}</Message></Error><RequestId>request-7</RequestId></ErrorResponse>`,
});
export const json = (code: string, text: string, status = 400): Reply => ({
  status,
  headers: { 'content-type': 'application/json', 'x-amzn-errortype': code },
  body: JSON.stringify({ message: text, __type: code }),
});
export const s3 = (code: string, text: string, status: number): Reply => ({
  status,
  headers: { 'content-type': 'application/xml' },
  body: `<?xml version="1.0"?><Error><Code>${code}</Code><Message>${text}</Message></Error>`,
});

export const NONE: Reply = { status: 404, headers: {}, body: '' };
export const MOVED: Reply = { status: 301, headers: { 'x-amz-bucket-region': 'eu-west-1' }, body: '' };
/** Of S3, which has no code for a HEAD. */
export const SLOW_DOWN: Reply = { status: 503, headers: {}, body: '' };

export const FORBIDDEN: Reply = { status: 403, headers: {}, body: '' };
export const HTML: Reply = { status: 500, headers: { 'content-type': 'text/html' }, body: '<!doctype html><p>oops' };

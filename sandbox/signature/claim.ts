/** What a request says about its own signature. */
export interface Claim {
  readonly accessKeyId: string;
  readonly shortDate: string;
  /** 20261121T114500Z */
  readonly longDate: string;
  /** The same moment in milliseconds since the epoch. */
  readonly signedAt: number;
  readonly region: string;
  readonly service: string;
  readonly signedHeaders: Record<string, string>;
  readonly signature: string;
  readonly sessionToken: string | undefined;
  readonly presigned: boolean;
  /** Lifetime of a presigned URL. */
  readonly expiresSeconds: number;
  /** Hash of the body where a presigned URL names one. */
  readonly payloadHash: string | undefined;
}

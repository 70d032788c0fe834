/** IAM policy documents: plain values, of which `renderPolicy` makes the text. */

/** Stands for the ARN of a key that only exists once it is made. */
export const KMS_KEY_PLACEHOLDER = '{{kmsKeyArn}}';

type Values = string | readonly string[];
type Condition = Readonly<Record<string, Readonly<Record<string, Values>>>>;

export interface Statement {
  readonly Sid?: string;
  readonly Effect: 'Allow' | 'Deny';
  readonly Principal?: '*' | Readonly<Record<string, Values>>;
  readonly Action: Values;
  readonly Resource?: Values;
  readonly Condition?: Condition;
}

export interface PolicyDocument {
  readonly Version: '2012-10-17';
  readonly Statement: readonly Statement[];
}

export const renderPolicy = (document: PolicyDocument): string => JSON.stringify(document);

export const withKmsKey = (document: string, kmsKeyArn: string): string =>
  document.replaceAll(KMS_KEY_PLACEHOLDER, kmsKeyArn);

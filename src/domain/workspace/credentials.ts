/** In which form a workspace's holder is given access to AWS. */

/** `key`: an access key. `refreshing`: a token for sessions that SDKs renew by themselves. `both`: either. */
export const CREDENTIAL_FORMS = ['key', 'refreshing', 'both'] as const;

export type CredentialForm = (typeof CREDENTIAL_FORMS)[number];

/** What is pinned at launch where there is more than a key. */
export interface RefreshingSettings {
  readonly form: Exclude<CredentialForm, 'key'>;
  /** ARN of the role under which the API enters the workspace's role. */
  readonly enteredBy: string;
}

/** The variables by which SDKs find the credentials. @see https://docs.aws.amazon.com/sdkref/latest/guide/feature-container-credentials.html */
export const containerVariables = (url: string, token: string): Readonly<Record<string, string>> => ({
  AWS_CONTAINER_CREDENTIALS_FULL_URI: url,
  AWS_CONTAINER_AUTHORIZATION_TOKEN: token,
});

/** A refusal in the words of STS. @see https://docs.aws.amazon.com/STS/latest/APIReference/CommonErrors.html */
export class StsError extends Error {
  readonly status: number;
  readonly code: string;
  constructor(status: number, code: string, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

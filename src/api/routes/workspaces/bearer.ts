/** The token of a request. It was verified before. */
export const bearerOf = (authorization = ''): string => authorization.replace(/^Bearer +/i, '');

/** Lifetimes of session credentials, in seconds. */
export const SESSION_SECONDS_MAX = 12 * 3600;
export const SESSION_SECONDS_DEFAULT = 3600;

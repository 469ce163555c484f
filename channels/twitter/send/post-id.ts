/** Also of a post whose id comes out of a seal: it goes into a URL, and X calls what is none a bad request. */
export const isPostId = (id: unknown): id is string => typeof id === 'string' && /^\d{1,19}$/.test(id);

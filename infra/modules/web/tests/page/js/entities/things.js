// The module of the entity things.
export const entity = { noun: "things" };

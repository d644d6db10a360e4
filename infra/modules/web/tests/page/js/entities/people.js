// The module of the entity people.
export const entity = { noun: "people" };

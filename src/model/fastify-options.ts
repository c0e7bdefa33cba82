// Part of the model: what every fastify here is told.

const never = () => {
  throw new Error('no route here has a schema');
};

/** Without it fastify loads ajv and fast-json-stringify, for schemas that routes may have. */
export const WITHOUT_SCHEMAS = {
  schemaController: { compilersFactory: { buildValidator: never, buildSerializer: never } },
};

// Types and trusted documents, of what is written in src/ and the gateway's schema. Elsewhere than here the schema is at the
// gateway: SCHEMA=http://127.0.0.1:8000/schema.graphql
import type { CodegenConfig } from "@graphql-codegen/cli";

const config: CodegenConfig = {
  schema: process.env.SCHEMA ?? "../../schema/schema.graphql",
  documents: ["src/**/*.ts", "!src/generated/**"],
  importExtension: ".js",
  generates: {
    "src/generated/": {
      preset: "client",
      presetConfig: { fragmentMasking: false, persistedDocuments: { mode: "replaceDocumentWithHash", hashAlgorithm: "sha256" } },
      config: {
        documentMode: "string",
        useTypeImports: true,
        enumsAsTypes: true,
        strictScalars: true,
        scalars: { Cursor: "string", Date: "string", DateTime: "string", Decimal: "string", JSON: "unknown" },
      },
    },
  },
};

export default config;

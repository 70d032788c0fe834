/** The IAM documents that are published for the role of a worker and of an API, as questions to IAM's simulator. */
import { type Question, questionOf } from '#aws/simulate.ts';
import { publishedRole, type Role, renderDocument, type Values } from '#bootstrap/documents.ts';

export interface PublishedQuestion extends Question {
  /** Name of the document. */
  readonly document: string;
}

/** @param values what stands for the placeholders; a resource with one that is left is not asked about */
export const questionsOf = (role: Role, values: Values): PublishedQuestion[] =>
  publishedRole(role).policies.flatMap((document) =>
    renderDocument(document, values).Statement.flatMap((statement): PublishedQuestion[] => {
      const question = questionOf(statement);
      const resources = question?.resources.filter((resource) => !resource.includes('{{')) ?? [];
      return question && resources.length > 0 ? [{ ...question, document, resources }] : [];
    }),
  );

/** What the digest keeps of a story, under the names that Hacker News gives it. */
export interface Story {
  id: number;
  title: string;
  /** Not there for a question to the readers. */
  url?: string;
  score: number;
  /** The number of comments. */
  descendants: number;
}

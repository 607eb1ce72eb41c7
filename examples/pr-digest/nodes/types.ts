/** An open pull request. */
export interface Pull {
  number: number;
  title: string;
  author: string;
  branch: string;
  url: string;
  draft: boolean;
  reviewers: string[];
}

/** Where a branch can be looked at, and whether it is ready. */
export interface Preview {
  branch: string;
  url: string;
  state: string;
}

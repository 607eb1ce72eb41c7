export interface Push {
  repository: string;
  commits?: string[];
}

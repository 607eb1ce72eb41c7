/** Something drawn: `null`, `false` and `""` draw nothing. */
export type Drawn = VNode | string | number | boolean | null | undefined | Drawn[];

export interface VNode {
  type: unknown;
}

export function h(type: unknown, props: unknown, ...children: unknown[]): VNode;
export function render(drawn: Drawn, into: Element): void;

export class Component<Props = object, State = object> {
  constructor(props: Props);
  props: Props;
  state: State;
  setState(change: Partial<State>): void;
  forceUpdate(): void;
  componentDidMount?(): void;
  componentDidUpdate?(before: Props): void;
  componentWillUnmount?(): void;
  render(props: Props, state: State): Drawn;
}

import { Notice } from './Notice';

interface Props {
  title: string;
  error: Error;
  onRemove?: () => void;
}

/** Something that did not work, in the words of the core, which say what to do. */
export function Problem({ title, error, onRemove }: Props) {
  return (
    <Notice severity="error" title={title} onRemove={onRemove}>
      {error.message}
    </Notice>
  );
}

import { LinkButton, Stack } from '@grafana/ui';
import { told } from '../../told';
import type { Way } from '../ways';
import { Notice } from './Notice';

interface Props {
  title: string;
  error: Error;
  /** Where it can be mended. */
  way?: Way;
  /** Whether the panel shows nothing else. */
  isAlone?: boolean;
  onRemove?: () => void;
}

/** Something that did not work, in the words of the core, which say what to do, and the way to where it is done. */
export function Problem({ title, error, way, isAlone, onRemove }: Props) {
  const { sentence, details } = told(error);
  return (
    <Notice severity="error" title={title} isAlone={isAlone} onRemove={onRemove}>
      <Stack direction="column" gap={1} alignItems="flex-start">
        <span>
          {sentence} {way && !way.isOpen && way.whoElse}
        </span>
        {way?.isOpen && (
          <LinkButton href={way.href} size="sm" variant="secondary" icon="cog">
            {way.label}
          </LinkButton>
        )}
        {details && (
          <details>
            <summary>Details</summary>
            {details}
          </details>
        )}
      </Stack>
    </Notice>
  );
}

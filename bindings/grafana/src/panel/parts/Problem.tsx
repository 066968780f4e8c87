import { LinkButton, Stack } from '@grafana/ui';
import { sentence } from '../words';
import type { Way } from '../ways';
import { Notice } from './Notice';

interface Props {
  title: string;
  error: Error;
  /** Where it can be mended. */
  way?: Way;
  onRemove?: () => void;
}

/** Something that did not work, in the words of the core, which say what to do, and the way to where it is done. */
export function Problem({ title, error, way, onRemove }: Props) {
  return (
    <Notice severity="error" title={title} onRemove={onRemove}>
      <Stack direction="column" gap={1} alignItems="flex-start">
        <span>
          {sentence(error.message)} {way && !way.isOpen && way.whoElse}
        </span>
        {way?.isOpen && (
          <LinkButton href={way.href} size="sm" variant="secondary" icon="cog">
            {way.label}
          </LinkButton>
        )}
      </Stack>
    </Notice>
  );
}

import { css } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import { Icon, useStyles2 } from '@grafana/ui';
import { useLayoutEffect, useRef, useState, type ReactNode } from 'react';

interface Props {
  /** What there is more of, such as `more nodes`. */
  what: string;
  children: ReactNode;
}

/** A part that scrolls, and says so while something of it is below its edge. */
export function Scroll({ what, children }: Props) {
  const styles = useStyles2(getStyles);
  const box = useRef<HTMLDivElement>(null);
  const [hasMore, setHasMore] = useState(false);
  useLayoutEffect(() => {
    const element = box.current;
    if (!element) {
      return;
    }
    const measure = () => setHasMore(hasBelow(element));
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    // Children may grow while the box does not.
    [...element.children].forEach((child) => observer.observe(child));
    element.addEventListener('scroll', measure, { passive: true });
    return () => {
      observer.disconnect();
      element.removeEventListener('scroll', measure);
    };
  }, [children]);
  const turn = () => box.current?.scrollBy({ top: box.current.clientHeight * 0.8 });
  return (
    <div className={styles.frame}>
      <div ref={box} className={styles.box}>
        {children}
      </div>
      {hasMore && (
        <button type="button" className={styles.more} onClick={turn}>
          <Icon name="angle-down" size="sm" /> {what}
        </button>
      )}
    </div>
  );
}

/** Whether something is below the edge of `box`, which the sign that says so may itself have made lower. */
function hasBelow(box: HTMLElement): boolean {
  const room = box.parentElement?.clientHeight ?? 0;
  return box.scrollHeight > room + SLACK && box.scrollTop + box.clientHeight < box.scrollHeight - SLACK;
}

/** Pixels that nobody would scroll for. */
const SLACK = 4;

const getStyles = (theme: GrafanaTheme2) => ({
  frame: css({ display: 'flex', flexDirection: 'column', minHeight: 0, height: '100%' }),
  box: css({ overflowY: 'auto', minHeight: 0, flex: '0 1 auto' }),
  more: css({
    flexShrink: 0,
    border: 0,
    padding: 0,
    textAlign: 'center',
    fontSize: theme.typography.bodySmall.fontSize,
    lineHeight: '16px',
    color: theme.colors.text.link,
    background: theme.colors.background.secondary,
    '&:focus-visible': { outline: `2px solid ${theme.colors.primary.main}`, outlineOffset: -2 },
  }),
});

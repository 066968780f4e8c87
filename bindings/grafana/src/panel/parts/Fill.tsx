import { css } from '@emotion/css';
import { useStyles2 } from '@grafana/ui';
import { useLayoutEffect, useRef, useState, type ReactNode } from 'react';

interface Size {
  width: number;
  height: number;
}

/** Takes the room that is left and tells its child how much that is, for charts that must know. */
export function Fill({ children }: { children: (size: Size) => ReactNode }) {
  const styles = useStyles2(getStyles);
  const box = useRef<HTMLDivElement>(null);
  const [size, setSize] = useState<Size>({ width: 0, height: 0 });
  useLayoutEffect(() => {
    const element = box.current;
    if (!element) {
      return;
    }
    const measure = () => setSize({ width: element.clientWidth, height: element.clientHeight });
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  return (
    <div ref={box} className={styles.box}>
      <div className={styles.child}>{size.width > 0 && size.height > 0 && children(size)}</div>
    </div>
  );
}

const getStyles = () => ({
  box: css({ position: 'relative', flex: '1 1 0', minWidth: 0, minHeight: 0, overflow: 'hidden' }),
  // Out of the flow, so that the child's size never feeds back into the room that is measured.
  child: css({ position: 'absolute', inset: 0 }),
});

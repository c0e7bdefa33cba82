// Part of the page: what of a long list is in sight. Only that is drawn.
import type { RefObject } from 'preact';
import { useEffect, useLayoutEffect, useState } from 'preact/hooks';

export interface InSight {
  topPx: number;
  heightPx: number;
}

export function useInSight(scroller: RefObject<HTMLElement | null>): InSight {
  const [inSight, setInSight] = useState<InSight>({ topPx: 0, heightPx: 900 });
  useLayoutEffect(() => {
    const element = scroller.current;
    if (!element) return undefined;
    const look = () =>
      setInSight((now) => {
        const { scrollTop: topPx, clientHeight: heightPx } = element;
        return now.topPx === topPx && now.heightPx === heightPx ? now : { topPx, heightPx };
      });
    look();
    const sizes = new ResizeObserver(look);
    sizes.observe(element);
    element.addEventListener('scroll', look, { passive: true });
    return () => {
      sizes.disconnect();
      element.removeEventListener('scroll', look);
    };
  }, [scroller]);
  return inSight;
}

export function useWidth(element: RefObject<HTMLElement | null>): number {
  const [width, setWidth] = useState(0);
  useEffect(() => {
    const { current } = element;
    if (!current) return undefined;
    const sizes = new ResizeObserver(() => setWidth(current.clientWidth));
    sizes.observe(current);
    setWidth(current.clientWidth);
    return () => sizes.disconnect();
  }, [element]);
  return width;
}

export function useHeight(element: RefObject<HTMLElement | null>, isThere: boolean): number {
  const [height, setHeight] = useState(0);
  useLayoutEffect(() => {
    const { current } = element;
    if (!current || !isThere) {
      setHeight(0);
      return undefined;
    }
    const look = () => setHeight(current.offsetHeight);
    look();
    const sizes = new ResizeObserver(look);
    sizes.observe(current);
    return () => sizes.disconnect();
  }, [element, isThere]);
  return height;
}

import { limits, normalizeLine, type Place } from '../../../src/domain/report.ts';
import { boxOf, findPlace, type GivenPost, type Includes } from './payload.ts';

/** In degrees, about 500 m: what is no larger is as good as a point. */
const small = 0.005;

/** Where its author says that they were; null where they did not. */
export function readPlace(post: GivenPost, includes: Includes): Place | null {
  const place = post.placeId === null ? null : findPlace(includes, post.placeId);
  const point = readPoint(post.point) ?? (place === null ? null : middleOf(boxOf(place)));
  const text = normalizeLine(place?.full_name.slice(0, limits.placeText));
  if (text === null && point === null) return null;
  return { text, lat: point?.lat ?? null, lon: point?.lon ?? null, areaCode: null };
}

function readPoint(lonLat: readonly number[] | null) {
  const [lon, lat] = lonLat ?? [];
  if (lon === undefined || lat === undefined || Math.abs(lat) > 90 || Math.abs(lon) > 180) return null;
  return { lat, lon };
}

/** Of a shop or a school; the middle of a city is nowhere. */
function middleOf(box: readonly number[] | null) {
  const [west = 0, south = 0, east = 0, north = 0] = box ?? [];
  if (box === null || Math.abs(east - west) > small || Math.abs(north - south) > small) return null;
  return readPoint([(west + east) / 2, (south + north) / 2]);
}

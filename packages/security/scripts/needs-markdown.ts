import { adminNeeds } from '../src/acl/admin-needs.ts';
import type { DoorNeeds, Lack, Need } from '../src/acl/api-needs.ts';
import { kafkaNeeds } from '../src/acl/kafka-needs.ts';
import { nativeNeeds } from '../src/acl/native-needs.ts';

const doors: readonly (readonly [title: string, needs: DoorNeeds])[] = [
  ['Native protocol', nativeNeeds],
  ['Kafka protocol', kafkaNeeds],
  ['Admin interface', adminNeeds],
];

const lacks: Readonly<Record<Lack, string>> = {
  refused: 'the request is refused',
  part: 'that part is refused',
  hidden: 'it is left out',
};

/** What every API of every door needs, as Markdown, from the tables that the tests execute. */
export function needsMarkdown(): string {
  return doors.map(([title, needs]) => `### ${title}\n\n${tableOf(needs)}`).join('\n');
}

function tableOf(needs: DoorNeeds): string {
  const rows = Object.entries(needs).flatMap(([name, of]) =>
    of.length === 0
      ? [`| \`${name}\` | nothing | |`]
      : of.map((need, index) => `| ${index === 0 ? `\`${name}\`` : ''} | ${wordsOf(need)} | ${lacks[need.lack]} |`),
  );
  return ['| API | needs | without it |', '| --- | --- | --- |', ...rows, ''].join('\n');
}

function wordsOf({ or = [], when, ...need }: Need): string {
  const rights = [need, ...or].map(({ resource, operation, ofAny }) => {
    const kind = resource === 'transactionalId' ? 'transactional id' : resource;
    return `\`${operation}\` of ${resource === 'cluster' ? 'the cluster' : `${ofAny === true ? 'any' : 'the'} ${kind}`}`;
  });
  return when === undefined ? rights.join(', or ') : `${rights.join(', or ')}, ${when}`;
}

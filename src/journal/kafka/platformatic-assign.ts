// Part of the journal in Kafka: who of a group reads what. The library spreads all partitions together, so that one member may have
// all spans and another all logs: here each topic is spread by itself.
import {
  cooperativeStickyAssigner,
  type GroupAssignment,
  type GroupPartitionsAssigner,
} from '@platformatic/kafka';

export const assignEachTopic: GroupPartitionsAssigner = (current, members, topics, metadata) => {
  const all = new Map([...members.keys()].map((id) => [id, new Map<string, GroupAssignment>()]));
  for (const topic of topics) {
    const ofTopic = new Map(
      [...members].map(([id, member]) => {
        const ownedPartitions = member.ownedPartitions?.filter((owned) => owned.topic === topic) ?? [];
        return [id, { ...member, ownedPartitions }];
      }),
    );
    for (const { memberId, assignments } of cooperativeStickyAssigner(
      current,
      ofTopic,
      new Set([topic]),
      metadata,
    ))
      for (const assignment of assignments.values()) all.get(memberId)?.set(assignment.topic, assignment);
  }
  return [...all].map(([memberId, assignments]) => ({ memberId, assignments }));
};

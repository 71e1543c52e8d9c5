/** An English nursery rhyme, first printed in 1755. Each verse holds all those before it: much to look back at. */
const links = [
  ['the house', 'that Jack built'],
  ['the malt', 'that lay in'],
  ['the rat', 'that ate'],
  ['the cat', 'that killed'],
  ['the dog', 'that worried'],
  ['the cow with the crumpled horn', 'that tossed'],
  ['the maiden all forlorn', 'that milked'],
  ['the man all tattered and torn', 'that kissed'],
  ['the priest all shaven and shorn', 'that married'],
  ['the rooster that crowed in the morn', 'that woke'],
  ['the farmer sowing his corn', 'that kept'],
] as const;

function verse(last: number): string {
  const lines = [`This is ${links[last][0]}`];
  for (let i = last; i > 0; i--) lines.push(`${links[i][1]} ${links[i - 1][0]}`);
  return `${lines.join('\n')} ${links[0][1]}.\n`;
}

export const text: string = links.map((_, i) => verse(i)).join('\n');

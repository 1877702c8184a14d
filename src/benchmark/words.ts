/**
 * Common English words. With a space before it, each is one token in the vocabularies of GPT-2, Llama and their
 * descendants, so that n words are roughly n tokens.
 */
const TEXT = `
about above across action after again against age ago air all almost alone along already also always among amount
animal another answer any area arm around art ask away back bad base bear beat beauty bed before began begin behind
believe best better between big bird black blood blue board boat body book both box boy bring brother build busy buy
call came can capital car care carry case catch cause center certain chance change character check child choose church
circle city class clear close cold color come common complete contain control cook cool copy corn corner correct cost
could count country course cover cross cry current cut dark day deal death decide deep describe design develop
different direct discuss distance divide doctor does dog done door double down draw dream dress drink drive drop dry
during each ear early earth east easy eat edge effect egg eight either electric else end enemy energy engine enough
enter equal even evening event ever every exact example except expect experience eye face fact fall family famous far
farm fast father fear feel feet few field fight figure fill final find fine finger finish fire first fish five floor
flow fly follow food foot force foreign forest form forward found four free fresh friend from front fruit full fun
game garden gas gave general get girl give glass go gold gone good got govern grand grass gray great green ground
group grow guess gun had hair half hand happen happy hard has hat have head hear heart heat heavy help here high hill
history hit hold hole home hope horse hot hotel hour house how huge human hundred hurry ice idea if image inch include
industry inside interest iron island job join jump just keep key kill kind king know lady land language large last
late laugh law lay lead learn leave left leg length less let letter level lie life lift light like line list listen
little live local long look lost love low machine made main major make man many map mark market master match material
may mean measure meat meet member method middle might mile milk million mind minute miss modern moment money month
moon more morning most mother motion mountain mouth move much music must name nation natural near necessary neck need
never new next night nine noise noon north nose note nothing notice noun now number object observe ocean off offer
office often oil old once one only open operate opposite order other out over own oxygen page paint pair paper parent
part particular party pass past path pay people perhaps period person phrase pick picture piece place plain plan plane
plant play please point poor port position possible post pound power present press pretty print probable problem
process produce product program proper protect prove provide public pull push put question quick quiet quite race
radio rain raise ran rate rather reach read ready real reason receive record red region remember repeat reply report
represent rest result rich ride right ring rise river road rock roll room root round row rule run safe said sail salt
same sand save say scale school science sea search season seat second section see seed seem select self sell send
sense sent sentence separate serve set settle seven several shall shape share sharp she ship shoe shop short should
shoulder show side sight sign silent simple since sing single sister sit six size skill skin sky sleep slow small
smell smile snow social soft soil some son song soon sound south space speak special speech speed spell spend spot
spread spring square stand star start state station stay steam steel step still stone stood stop store story straight
strange stream street string strong student study subject success such sudden sugar suggest suit summer sun supply
support sure surface surprise system table tail take talk tall teach team tell ten term test than thank that their
them then there these they thick thing think third this those though thought thousand three through throw thus tie
time tiny today together told tone too took tool top total touch toward town track trade train travel tree trip
trouble truck true try tube turn twenty two type under unit until up use usual valley value very view village visit
voice vote wait walk wall want war warm wash watch water wave way wear weather week weight well went were west wheel
when where which while white who whole whose why wide wife wild will win wind window winter wish with woman wonder
wood word work world would write wrong yard year yellow yes yet you young your`;

export const WORDS: readonly string[] = TEXT.trim().split(/\s+/);

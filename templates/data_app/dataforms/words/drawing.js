globalThis.dfDraw=(()=>{
const page=document.documentElement.lang||"en";
const asked=(navigator.languages||[]).find((each)=>each===page||each.startsWith(page+"-"));
const made={};
const of=(kind,options)=>made[kind+JSON.stringify(options)]??=new Intl[kind](asked??page,options);
const places=(text)=>{const found=/\.(\d+)$/.exec(text);return found?Math.min(found[1].length,20):0};
const day={year:"numeric",month:"short",day:"numeric"},clock=(text)=>({hour:"numeric",minute:"2-digit",...(/:\d\d:\d\d/.test(text)&&{second:"2-digit"})});
const moment=(text,options)=>{const date=new Date(text.replace(" ","T")+(text.includes(":")?"Z":"T00:00Z"));return of("DateTimeFormat",{...options,timeZone:"UTC"}).format(date)};
const fixed=(text)=>({minimumFractionDigits:places(text),maximumFractionDigits:places(text)});
const ways={
date:(text)=>moment(text,day),
day:(text)=>moment(text,{weekday:"long",...day,month:"long"}),
month:(text)=>moment(text,{year:"numeric",month:"long"}),
days:(text,last)=>of("DateTimeFormat",{...day,timeZone:"UTC"}).formatRange(new Date(text),new Date(last)),
time:(text)=>moment("1970-01-01T"+text,clock(text)),
datetime:(text)=>moment(text,{...day,...clock(text)}),
number:(text,unit)=>of("NumberFormat",fixed(text)).format(text)+(unit?" "+unit:""),
percent:(text)=>of("NumberFormat",{style:"percent",...fixed(text)}).format(text/100),
money:(text,unit)=>unit?of("NumberFormat",{style:"currency",currency:unit,...fixed(text)}).format(text):of("NumberFormat",fixed(text)).format(text),
};
return(raw,text)=>{try{const[,way,value,unit]=/^(\S+) (\S+) ?(.*)$/.exec(raw);return ways[way](value,unit)}catch{return text}};
})();

/** 128 everyday words of Turkmen for passphrases. */
export const words = `alma derýa daş çyra bag çörek gyş gapy kümüş penjire dag çemçe bal haly köpri şem
pagta ýelek bazar limon kagyz ýagyş duz şeker stol oba suw sary sebet düwme bulut nahar
bürgüt meýdan gül tokaý aýna ýaşyl çekiç at ada kurtka çäýnek merdiwan nar gawun körpe daň
iňňe demirgazyk sogan galam burç ýassyk ýyldyz jübü kartoşka lenta tüwi ýol tam ýüp eýer mekdep
kölege goýun egin ýüpek gar sabyn bahar gün tomus sapak ýyldyrym bilet pomidor minara otly agaç
jülge dutar hoz tigir şemal ýüň badam güýz gamyş arpa tut ýorgan gaýyk çüýşe şaha kerpiç
çotga ýag çatma düýe ülje tegelek sagat kofe mis burçak käse çäge eşek kepderi deprek agşam
injir barmak çüwdürim dost üzüm harman öý ýasemin açar batyrgaý köl fonar ýaprak süýt aý behi`;
